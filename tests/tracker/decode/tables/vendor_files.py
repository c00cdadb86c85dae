"""Small tables in the true layout of each publisher, and what must come of the first row (positions) and of the last static report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Case:
    """One small file."""

    layout: str
    text: str
    position: dict[str, Any]
    statics: dict[str, Any] = field(default_factory=dict)


CASES = (
    Case(
        "marinecadastre_2009",
        "X,Y,SOG,COG,Heading,ROT,BaseDateTime,Status,VoyageID,MMSI,ReceiverType,ReceiverID\n"
        "-70.75,43.07,9,181,180,-128,12/31/2011 10:00:00,0,5,367752440,r,003669955\n",
        {
            "time": "2011-12-31T10:00:00.000000",
            "lat_deg": 43.07,
            "lon_deg": -70.75,
            "speed_kn": 9.0,
            "craft": 367752440,
        },
    ),
    Case(
        "marinecadastre_2015",
        "MMSI,BaseDateTime,LAT,LON,SOG,COG,Heading,VesselName,IMO,CallSign,VesselType,Status,Length,Width,Draft,Cargo\n"
        "367752440,2017-01-01T00:00:05,43.07,-70.75,-28.1,-140.7,269.0,SAN JOSE,IMO9307839,WDI9818,1004,under way using engine,28,9,3.1,70\n",
        {
            "time": "2017-01-01T00:00:05.000000",
            "speed_kn": 74.3,
            "course_deg": 268.9,
            "nav_status": 0,
            "message_type": 120,
        },
        {"name": b"SAN JOSE", "imo": 9307839, "ship_type": 70, "to_stern_m": 28.0, "draught_m": 3.1},
    ),
    Case(
        "marinecadastre_2018",
        "MMSI,BaseDateTime,LAT,LON,SOG,COG,Heading,VesselName,IMO,CallSign,VesselType,Status,Length,Width,Draft,Cargo,TransceiverClass\n"
        "338075892,2020-06-01T00:00:02,43.07,-70.75,0.0,360.0,511.0,PILOT BOAT,,,37,,10,,,,B\n",
        {"message_type": 18, "speed_kn": 0.0, "lat_deg": 43.07},
        {"ship_type": 37, "name": b"PILOT BOAT"},
    ),
    Case(
        "marinecadastre_2018_misspelt",
        "MMSI,BaseDateTime,LAT,LON,SOG,COG,Heading,VesselName,IMO,CallSign,VesselType,Status,Length,Width,Draft,Cargo,TranscieverClass\n"
        "338075892,2018-06-01T00:00:02,43.07,-70.75,0.0,360.0,511.0,PILOT BOAT,,,37,,10,,,,B\n",
        {"message_type": 18},
    ),
    Case(
        "marinecadastre_2025",
        "mmsi,base_date_time,longitude,latitude,sog,cog,heading,vessel_name,imo,call_sign,vessel_type,status,length,width,draft,cargo,transceiver\n"
        "338075892,2025-01-01 00:00:00,-70.75,43.07,9.1,180.5,181,SAN JOSE,IMO9307839,WDI9818,31,0,28,9,3.1,52,B\n",
        {"message_type": 18, "lon_deg": -70.75, "speed_kn": 9.1},
        {"call_sign": b"WDI9818", "ship_type": 31},
    ),
    Case(
        "danish",
        "# Timestamp,Type of mobile,MMSI,Latitude,Longitude,Navigational status,ROT,SOG,COG,Heading,IMO,Callsign,Name,Ship type,Cargo type,"
        "Width,Length,Type of position fixing device,Draught,Destination,ETA,Data source type,A,B,C,D\n"
        "02/03/2026 04:05:06,Class B,219001234,55.1,12.5,Under way using engine,2.0,10.2,90.1,91,9074729,OABC,EXAMPLE,Cargo,"
        "No additional information,20,120,GPS,6.5,CPH,04/03/2026 06:00:00,AIS,100,20,12,8\n"
        "02/03/2026 04:05:07,SART,970123456,55.2,12.5,AIS-SART,,0.1,,,Unknown,,SART ACTIVE,Undefined,,,,Undefined,,Unknown,,AIS,,,,\n",
        {"time": "2026-03-02T04:05:06.000000", "message_type": 18, "turn_degmin": 2.0},
        {"name": b"SART ACTIVE"},
    ),
    Case(
        "spire",
        "created_at,msg_type,mmsi,timestamp,latitude,longitude,accuracy,speed,course,heading,rot,status,maneuver,collection_type,"
        "msg_description,ship_type,name,call_sign,imo,draught,destination,eta,to_bow,to_stern,to_port,to_starboard\n"
        "2026-03-01T12:05:00.123456+00:00,18,232001234,2026-03-01T12:00:00Z,50.0,-4.0,1,10.0,0.5,1,0.0,0,0,satellite,,,,,,,,,,,,\n"
        "2026-03-01T12:05:09.1+00:00,5,232001234,2026-03-01T12:05:00Z,,,,,,,,,,terrestrial,,70,EXAMPLE ONE,ABCD,9074729,6.5,PLYMOUTH,"
        "2026-03-02T06:00:00Z,100,20,10,10\n",
        {"time": "2026-03-01T12:00:00.000000", "message_type": 18, "speed_kn": 10.0},
        {"name": b"EXAMPLE ONE", "eta_day": 2, "to_bow_m": 100.0},
    ),
    Case(
        "spire_vessels",
        "staticData.mmsi,staticData.name,staticData.imo,staticData.callsign,staticData.aisClass,staticData.timestamp,"
        "staticData.dimensions.a,staticData.dimensions.b,lastPositionUpdate.timestamp,lastPositionUpdate.updateTimestamp,"
        "lastPositionUpdate.latitude,lastPositionUpdate.longitude,lastPositionUpdate.speed,lastPositionUpdate.course,"
        "currentVoyage.destination,currentVoyage.draught\n"
        "232001234,EXAMPLE ONE,9074729,ABCD,B,2026-02-27T00:00:00Z,100,20,2026-03-01T12:00:00Z,2026-03-01T12:09:00Z,50.0,-4.0,10.0,0.5,PLYMOUTH,6.5\n",
        {"time": "2026-03-01T12:00:00.000000", "message_type": 18, "speed_kn": 10.0, "lat_deg": 50.0},
        {"destination": b"PLYMOUTH", "draught_m": 6.5, "to_bow_m": 100.0},
    ),
    Case(
        "exactearth",
        "MMSI,Message_ID,Repeat_indicator,Time,Millisecond,Region,Country,Base_station,Vessel_Name,Call_sign,IMO,Ship_Type,Dimension_to_Bow,"
        "Dimension_to_stern,Dimension_to_port,Dimension_to_starboard,Draught,Destination,Navigational_status,ROT,SOG,Longitude,Latitude,COG,"
        "Heading,ETA_month,ETA_day,ETA_hour,ETA_minute\n"
        "316001234,18,0,20210701_000005,120,66,,,,,,,,,,,,,,,10.5,-63.5,44.5,90.5,91,,,,\n"
        "316001234,5,0,20210701_000105,120,66,,,EXAMPLE,ABCD,9074729,70,100,20,12,8,6.5,HALIFAX,,,,,,,,3,2,6,0\n",
        {"time": "2021-07-01T00:00:05.000000", "message_type": 18, "speed_kn": 10.5, "lat_deg": 44.5},
        {"name": b"EXAMPLE", "eta_month": 3, "eta_minute": 0, "to_port_m": 12.0, "destination": b"HALIFAX"},
    ),
    Case(
        "un_global_platform",
        "mmsi,imo,vessel_name,callsign,vessel_type,vessel_type_code,vessel_type_cargo,vessel_class,length,width,flag_country,flag_code,"
        "destination,eta,draught,longitude,latitude,sog,cog,rot,heading,nav_status,nav_status_code,source,dt_pos_utc,dt_static_utc\n"
        "232001234,9074729,EXAMPLE,ABCD,Cargo,70,,A,120,20,United Kingdom,232,PLYMOUTH,03-02 06:00,6.5,-4.0,50.0,10.0,0.5,0,1,"
        "Under Way Using Engine,0,S-AIS,2026-03-01 12:00:00,2026-02-28 00:00:00\n",
        {"time": "2026-03-01T12:00:00.000000", "nav_status": 0, "speed_kn": 10.0},
        {"ship_type": 70, "eta_month": 3, "eta_hour": 6},
    ),
    Case(
        "aisdb",
        "mmsi,time,longitude,latitude,rot,sog,cog,heading,maneuver,utc_second,vessel_name,dim_bow,dim_stern,dim_port,dim_star,ship_type\n"
        "316001234,1625097600,-63.5,44.5,0,10.5,90,91,0,12,EXAMPLE,100,20,10,10,70\n",
        {"time": "2021-07-01T00:00:00.000000", "speed_kn": 10.5},
        {"to_starboard_m": 10.0},
    ),
    Case(
        "aisdb_static",
        "mmsi,time,vessel_name,ship_type,call_sign,imo,dim_bow,dim_stern,dim_port,dim_star,draught,destination,eta_month,eta_day,eta_hour,eta_minute\n"
        "316001234,1625097600,EXAMPLE,70,ABCD,9074729,100,20,10,10,6.5,HALIFAX,3,2,6,0\n",
        {"time": "2021-07-01T00:00:00.000000"},
        {"eta_month": 3, "eta_minute": 0, "name": b"EXAMPLE", "to_bow_m": 100.0},
    ),
    Case(
        "global_fishing_watch",
        "ssvid,timestamp,lat,lon,speed,course,heading,shipname,callsign,imo,distance_from_shore_m\n"
        "412000001,2020-01-01 00:00:00 UTC,-10.5,-80.25,3.2,45.0,44,FU YUAN,BABC,,200000\n",
        {"time": "2020-01-01T00:00:00.000000", "speed_kn": 3.2, "craft": 412000001},
        {"name": b"FU YUAN"},
    ),
    Case(
        "kystverket",
        "mmsi;imo_nr;length;date_time_utc;lon;lat;sog;cog;true_heading;nav_status;message_nr;source\n"
        "257000001;9074729;120;2020-05-01 00:00:05;10.5;63.5;12.1;45.5;46;0;18;g\n",
        {"time": "2020-05-01T00:00:05.000000", "message_type": 18, "heading_deg": 46.0, "lat_deg": 63.5},
        {"imo": 9074729, "to_stern_m": 120.0},
    ),
    Case(
        "barentswatch",
        "courseOverGround,latitude,longitude,name,rateOfTurn,shipType,speedOverGround,trueHeading,navigationalStatus,mmsi,msgtime,draught,shipLength\n"
        "90.5,63.5,10.5,EXAMPLE,0,70,12.1,91,0,257000001,2026-03-01T12:00:00+00:00,65,120\n",
        {"time": "2026-03-01T12:00:00.000000", "speed_kn": 12.1, "course_deg": 90.5},
        {"draught_m": 6.5, "to_stern_m": 120.0},
    ),
    Case(
        "digitraffic_table",
        "timestamp,timestampExternal,mmsi,lon,lat,sog,cog,navStat,rot,posAcc,raim,heading\n"
        "45,1617235200123,230112970,18.5,60.25,6.1,315.0,0,-128,false,false,313\n",
        {"time": "2021-04-01T00:00:00.123000", "speed_kn": 6.1, "nav_status": 0},
    ),
    Case(
        "brest_dynamic",
        "sourcemmsi,navigationalstatus,rateofturn,speedoverground,courseoverground,trueheading,lon,lat,t\n"
        "228157000,5,-127,0.1,225.0,84,-4.4657183,48.38249,1443650402\n",
        {"time": "2015-09-30T22:00:02.000000", "turn_degmin": -720.0, "nav_status": 5},
    ),
    Case(
        "brest_dynamic_v2",
        "mmsi,status,turn,speed,course,heading,lon,lat,t\n228157000,0,10,8.0,225.0,84,-4.4657183,48.38249,1443650402\n",
        {"turn_degmin": (10 / 4.733) ** 2, "speed_kn": 8.0},
    ),
    Case(
        "brest_sar",
        "mmsi,altitude,speed,course,lon,lat,t\n111227001,300,120,225.0,-4.4657183,48.38249,1443650402\n",
        {"altitude_ft": 300 / 0.3048, "speed_kn": 120.0},
    ),
    Case(
        "brest_static",
        "sourcemmsi,imonumber,callsign,shipname,shiptype,tobow,tostern,tostarboard,toport,eta,draught,destination,mothershipmmsi,t\n"
        "228157000,9074729,FABC,BREIZH,60,30,10,5,6,04-09 20:00,4.1,BREST,,1443650402\n",
        {"time": "2015-09-30T22:00:02.000000"},
        {"name": b"BREIZH", "eta_month": 9, "eta_day": 4, "to_starboard_m": 5.0, "ship_type": 60},
    ),
    Case(
        "aishub",
        "MMSI,TSTAMP,LATITUDE,LONGITUDE,COG,SOG,HEADING,NAVSTAT,IMO,NAME,CALLSIGN,TYPE,A,B,C,D,DRAUGHT,DEST,ETA\n"
        "244750034,2021-07-09 08:06:53 GMT,52.5,4.25,308,34.4,310,0,9141871,EXAMPLE,PABC,40,25,75,2,15,2.5,ROTTERDAM,08-21 15:55\n",
        {"time": "2021-07-09T08:06:53.000000", "speed_kn": 34.4, "lat_deg": 52.5},
        {"destination": b"ROTTERDAM", "eta_month": 8, "eta_day": 21, "ship_type": 40, "draught_m": 2.5},
    ),
    Case(
        "aishub",
        "MMSI,TSTAMP,LATITUDE,LONGITUDE,COG,SOG,HEADING,NAVSTAT,IMO,NAME,CALLSIGN,TYPE,A,B,C,D,DRAUGHT,DEST,ETA\n"
        "235085131,1302264927,30453520,-818067,2351,59,511,0,0,ZAC V,ZIYX3,36,8,4,2,2,25,,\n",
        {
            "time": "2011-04-08T12:15:27.000000",
            "lat_deg": 30453520 / 6e5,
            "lon_deg": -818067 / 6e5,
            "speed_kn": 5.9,
            "course_deg": 235.1,
        },
        {"draught_m": 2.5, "name": b"ZAC V"},
    ),
    Case(
        "marinetraffic",
        "MMSI,IMO,SHIP_ID,LAT,LON,SPEED,HEADING,COURSE,STATUS,TIMESTAMP,DSRC,UTC_SECONDS\n"
        "232001234,9074729,371681,50.0,-4.0,104,-1,0,99,2026-03-01T12:00:00,TER,0\n",
        {"speed_kn": 10.4, "nav_status": 255, "time": "2026-03-01T12:00:00.000000"},
    ),
    Case(
        "marinetraffic",
        "MMSI,LAT,LON,SPEED,HEADING,COURSE,STATUS,TIMESTAMP,SHIPNAME,SHIPTYPE,IMO,CALLSIGN,FLAG,CURRENT_PORT,DESTINATION,ETA,LENGTH,WIDTH,DRAUGHT,SHIP_ID\n"
        "232001234,50.0,-4.0,74,1,0,0,2026-03-01T12:00:00,EXAMPLE,70,9074729,ABCD,GB,,PLYMOUTH,2026-03-02T06:00:00,120,20,65,371681\n",
        {"speed_kn": 7.4},
        {"draught_m": 6.5, "ship_type": 70, "eta_hour": 6},
    ),
    Case(
        "vesselfinder",
        "MMSI,TIMESTAMP,LATITUDE,LONGITUDE,COURSE,SPEED,HEADING,NAVSTAT,IMO,NAME,CALLSIGN,TYPE,A,B,C,D,DRAUGHT,DESTINATION,LOCODE,ETA_AIS,ETA,SRC,ZONE\n"
        "304010417,2017-08-11 11:17:42 UTC,50.32,0.75,36.3,7.9,34,0,9015462,EXAMPLE,V2EP4,70,47,41,6,6,5.2,DORDRECHT,NLDOR,08-12 15:00,2017-08-12 15:00:00,TER,North Sea\n",
        {"time": "2017-08-11T11:17:42.000000", "speed_kn": 7.9},
        {"ship_type": 70, "eta_day": 12, "destination": b"DORDRECHT"},
    ),
    Case(
        "vesselfinder_history",
        "DATE TIME (UTC),MMSI,LATITUDE,LONGITUDE,COURSE,SPEED,HEADING,NAVSTAT,IMO,NAME,CALLSIGN,AISTYPE,A,B,C,D,DRAUGHT,DESTINATION,ETA\n"
        "2022-01-01 00:00:02,304010417,50.32,0.75,36.3,7.9,34,0,9015462,EXAMPLE,V2EP4,70,47,41,6,6,5.2,DORDRECHT,08-12 15:00\n",
        {"time": "2022-01-01T00:00:02.000000", "speed_kn": 7.9},
        {"eta_month": 8},
    ),
    Case(
        "piraeus",
        "t,vessel_id,lon,lat,heading,speed,course\n1493596803123,237000001,23.57,37.9,90,10.5,91.0\n",
        {"time": "2017-05-01T00:00:03.123000", "speed_kn": 10.5, "craft": 237000001},
    ),
    Case(
        "opensky_states",
        "time,icao24,lat,lon,velocity,heading,vertrate,callsign,onground,alert,spi,squawk,baroaltitude,geoaltitude,lastposupdate,lastcontact\n"
        "1772366400,4ca1b2,53.0,-6.0,128.6,180.0,-4.88,EIN123  ,False,False,False,1234,2743.2,2800.0,1772366399.6,1772366399.9\n",
        {
            "time": "2026-03-01T11:59:59.600000",
            "altitude_ft": 9000.0,
            "course_deg": 180.0,
            "vertical_rate_ftmin": -4.88 * 196.8503937,
        },
        {"call_sign": b"EIN123", "squawk": b"1234"},
    ),
    Case(
        "opensky_rest",
        "icao24,callsign,origin_country,time_position,last_contact,longitude,latitude,baro_altitude,on_ground,velocity,true_track,vertical_rate,"
        "sensors,geo_altitude,squawk,spi,position_source\n"
        "4ca1b2,EIN123,Ireland,1772366399,1772366400,-6.0,53.0,2743.2,False,128.6,180.0,-4.88,,2800.0,1234,False,0\n",
        {
            "time": "2026-03-01T11:59:59.000000",
            "altitude_ft": 9000.0,
            "vertical_rate_ftmin": -4.88 * 196.8503937,
            "course_deg": 180.0,
        },
    ),
    Case(
        "traffic",
        "timestamp,icao24,callsign,latitude,longitude,altitude,geoaltitude,groundspeed,track,vertical_rate,onground,squawk,last_position,typecode,registration\n"
        "2026-03-01 12:00:00+00:00,4ca1b2,EIN123,53.0,-6.0,,9200.0,250.0,180.0,-960.0,False,1234,1772366400,A320,EI-ABC\n",
        {"altitude_ft": 9200.0, "speed_kn": 250.0, "vertical_rate_ftmin": -960.0},
        {"aircraft_type": b"A320", "registration": b"EI-ABC"},
    ),
    Case(
        "jet1090_table",
        "timestamp,frame,df,icao24,bds,callsign,altitude,latitude,longitude,groundspeed,track,vertical_rate\n"
        "1772366400.5,8d4ca1b2,17,4ca1b2,05,,9000,53.0,-6.0,,,\n",
        {"altitude_ft": 9000.0, "time": "2026-03-01T12:00:00.500000"},
    ),
    Case(
        "flightradar24_api",
        "fr24_id,hex,flight,callsign,lat,lon,track,alt,gspeed,vspeed,squawk,timestamp,source,type,reg,orig_icao,dest_icao,eta\n"
        "33a1b2c3,86E4A2,JL516,JAL516,35.5,139.7,340,3000,180,-640,1234,2026-03-01T12:00:00Z,ADSB,B738,JA301J,RJCC,RJTT,2026-03-01T12:30:00Z\n",
        {"altitude_ft": 3000.0, "speed_kn": 180.0, "vertical_rate_ftmin": -640.0},
        {"call_sign": b"JAL516", "registration": b"JA301J", "aircraft_type": b"B738"},
    ),
)
